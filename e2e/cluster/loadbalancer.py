#!/usr/bin/env python3
"""Gives Services of type LoadBalancer an address: takes one from a pool, adds it
to a network device of this namespace and writes it to status.loadBalancer.
kube-proxy's rules do the rest.  Standard library only; runs inside the namespace.

An address of the pool that a Service asks for, by spec.loadBalancerIP or (any type)
spec.externalIPs, is on the device as well and given to no other; one outside the pool
is not given.  An address given back is the last to be given again.
"""
import argparse, http.client, ipaddress, json, ssl, subprocess, time, urllib.parse

p = argparse.ArgumentParser()
for o in ('server', 'ca', 'cert', 'key', 'device', 'first', 'last'):
    p.add_argument('--' + o, required=True)
p.add_argument('--class-name', default='fairlead.dev/e2e', help='the spec.loadBalancerClass served, beside none')
a = p.parse_args()
host = urllib.parse.urlsplit(a.server).netloc
tls = ssl.create_default_context(cafile=a.ca)
tls.load_cert_chain(a.cert, a.key)
pool = [str(ipaddress.ip_address(n)) for n in
        range(int(ipaddress.ip_address(a.first)), int(ipaddress.ip_address(a.last)) + 1)]


def request(method, path, body=None, timeout=10):
    c = http.client.HTTPSConnection(host, context=tls, timeout=timeout)
    c.request(method, path, body and json.dumps(body), {'Content-Type': 'application/merge-patch+json'})
    r = c.getresponse()
    if r.status >= 300:
        raise OSError(f'{method} {path}: {r.status} {r.read(300)!r}')
    return r


def ip(*args):
    return subprocess.run(('ip',) + args, capture_output=True, text=True, check=False)


def on_device():
    out = json.loads(ip('-j', 'addr', 'show', 'dev', a.device).stdout or '[]')
    return {i['local'] for d in out for i in d.get('addr_info', []) if i['local'] in pool}


def ours(s):
    return (s['spec'].get('type') == 'LoadBalancer' and not s['metadata'].get('deletionTimestamp')
            and s['spec'].get('loadBalancerClass', a.class_name) == a.class_name)


def held(s):
    return [i['ip'] for i in s.get('status', {}).get('loadBalancer', {}).get('ingress', []) if i.get('ip') in pool]


def external(s):
    return [] if s['metadata'].get('deletionTimestamp') else [i for i in s['spec'].get('externalIPs') or [] if i in pool]


def patch(s, ingress):
    m = s['metadata']
    r = request('PATCH', f"/api/v1/namespaces/{m['namespace']}/services/{m['name']}/status",
                {'status': {'loadBalancer': {'ingress': ingress}}})
    s.update(json.load(r))
    print(f"{m['namespace']}/{m['name']}: {[i['ip'] for i in ingress or []]}", flush=True)


def reconcile(services):
    taken = set()
    for s in services.values():                      # what has an address keeps it
        taken.update(held(s) if ours(s) else [], external(s))
    for s in services.values():
        if ours(s) and not held(s):
            want = s['spec'].get('loadBalancerIP')
            free = [i for i in pool if i not in taken]
            if want and want not in free or not free:
                print(f"{s['metadata']['name']}: no address to give", flush=True)
                continue
            addr = want or free[0]
            taken.add(addr)
            pool.append(pool.pop(pool.index(addr)))  # to the end: what was just given back rests
            ip('addr', 'replace', addr + '/32', 'dev', a.device)
            patch(s, [{'ip': addr}])
        elif s['spec'].get('type') != 'LoadBalancer' and held(s):
            patch(s, None)
    have = on_device()
    for addr in taken - have:
        ip('addr', 'replace', addr + '/32', 'dev', a.device)
    for addr in have - taken:
        ip('addr', 'del', addr + '/32', 'dev', a.device)


def run():
    data = json.load(request('GET', '/api/v1/services'))
    services = {s['metadata']['uid']: s for s in data['items']}
    reconcile(services)
    rv = data['metadata']['resourceVersion']
    r = request('GET', f'/api/v1/services?watch=1&allowWatchBookmarks=true&timeoutSeconds=240&resourceVersion={rv}', timeout=300)
    for line in r:
        e = json.loads(line)
        if e['type'] == 'ERROR':
            return
        if e['type'] == 'BOOKMARK':
            continue
        uid = e['object']['metadata']['uid']
        services.pop(uid, None) if e['type'] == 'DELETED' else services.__setitem__(uid, e['object'])
        reconcile(services)


while True:
    try:
        run()
    except (OSError, ValueError, http.client.HTTPException) as e:
        print('again:', e, flush=True)
        time.sleep(1)
