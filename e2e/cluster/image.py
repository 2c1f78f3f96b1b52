#!/usr/bin/env python3
"""Writes a container image (an OCI layout in a tar) without any container tool.

  image.py -o out.tar --name localhost/echo:1 --add bin/echo:/echo --entrypoint /echo
  image.py -o out.tar --name localhost/app:1 --ldd path/to/node:/usr/bin/node \
           --layer --add app/:/app --entrypoint /usr/bin/node --cmd /app/server.mjs --user 65532:65532

  --add SRC:DEST   a file, or a directory with all below it
  --ldd SRC:DEST   as --add, and the shared libraries that the program needs
  --dir DEST[:MODE]     an empty directory
  --layer          what follows goes in a further layer; an unchanged layer is
                   unpacked once, however often the layers above it change
  --thin           write only the last layer's bytes: for a node that has the layers
                   below it from an earlier import (20 KB instead of a whole Node.js)
  --cert FILE      FILE as the image's list of certificate authorities
  --name NAME      again for further names of the same image

The same input gives the same bytes: fixed times, owner root, sorted names.
Layers are stored uncompressed: they are only ever read from the local disk.
Then:  ctr -a SOCKET -n k8s.io images import out.tar
"""
import argparse, hashlib, io, json, os, platform, re, subprocess, sys, tarfile

ARCH = {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(platform.machine(), platform.machine())


class Layer:
    def __init__(self):
        self.entries = {}          # name in the image -> (kind, source or mode)

    def parents(self, dest):
        parts = dest.strip('/').split('/')[:-1]
        for i in range(len(parts)):
            self.entries.setdefault('/'.join(parts[:i + 1]), ('dir', 0o755))

    def add(self, src, dest):
        dest = dest.strip('/')
        if dest:
            self.parents(dest)
        if os.path.isdir(src) and not os.path.islink(src):
            if dest:
                self.entries[dest] = ('dir', 0o755)
            for name in sorted(os.listdir(src)):
                self.add(os.path.join(src, name), dest + '/' + name)
        elif os.path.islink(src):
            self.entries[dest] = ('link', os.readlink(src))
        else:
            self.entries[dest] = ('file', src)

    def add_ldd(self, src, dest):
        self.add(os.path.realpath(src), dest)
        out = subprocess.run(['ldd', src], check=True, capture_output=True, text=True).stdout
        for lib in re.findall(r'(?:=> )?(/\S+) \(0x', out):
            self.add(os.path.realpath(lib), lib)

    def write(self, path):
        h, buf = hashlib.sha256(), open(path, 'wb')
        with tarfile.open(fileobj=buf, mode='w', format=tarfile.PAX_FORMAT) as tar:
            for name in sorted(self.entries):
                kind, what = self.entries[name]
                info = tarfile.TarInfo(name)
                info.mtime = 0
                if kind == 'dir':
                    info.type, info.mode = tarfile.DIRTYPE, what
                    tar.addfile(info)
                elif kind == 'link':
                    info.type, info.linkname, info.mode = tarfile.SYMTYPE, what, 0o777
                    tar.addfile(info)
                else:
                    st = os.stat(what)
                    info.size, info.mode = st.st_size, 0o755 if st.st_mode & 0o111 else 0o644
                    with open(what, 'rb') as f:
                        tar.addfile(info, f)
        buf.close()
        with open(path, 'rb') as f:
            while chunk := f.read(1 << 20):
                h.update(chunk)
        return h.hexdigest(), os.path.getsize(path)


def main():
    layers, ops = [Layer()], []

    class Op(argparse.Action):
        def __call__(self, parser, ns, value, opt=None):
            ops.append((opt.lstrip('-'), value))

    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('-o', '--output', required=True)
    p.add_argument('--name', action='append', required=True, help='with a first part that is a host, e.g. localhost/echo:1')
    p.add_argument('--add', action=Op), p.add_argument('--ldd', action=Op), p.add_argument('--dir', action=Op)
    p.add_argument('--cert', action=Op), p.add_argument('--layer', action=Op, nargs=0)
    p.add_argument('--entrypoint', action='append', default=[])
    p.add_argument('--cmd', action='append', default=[])
    p.add_argument('--env', action='append', default=[])
    p.add_argument('--user', default='')
    p.add_argument('--workdir', default='/')
    p.add_argument('--port', action='append', default=[])
    p.add_argument('--thin', action='store_true')
    a = p.parse_args()
    for op, value in ops:
        if op == 'layer':
            layers.append(Layer())
        elif op == 'dir':
            dest, _, mode = value.partition(':')
            layers[-1].parents(dest.strip('/'))
            layers[-1].entries[dest.strip('/')] = ('dir', int(mode or '755', 8))
        elif op == 'cert':
            layers[-1].add(os.path.realpath(value), 'etc/ssl/certs/ca-certificates.crt')
        else:
            src, _, dest = value.rpartition(':')
            if not src or not os.path.exists(src):
                sys.exit(f'image.py: --{op} {value}: no such file')
            (layers[-1].add_ldd if op == 'ldd' else layers[-1].add)(src, dest)

    tmp, descs = [], []
    for i, layer in enumerate(l for l in layers if l.entries):
        path = f'{a.output}.layer{i}.{os.getpid()}'
        tmp.append(path)
        digest, size = layer.write(path)
        descs.append({'mediaType': 'application/vnd.oci.image.layer.v1.tar',
                      'digest': 'sha256:' + digest, 'size': size})
    config = {'architecture': ARCH, 'os': 'linux', 'config': {
        'Env': ['PATH=/usr/local/bin:/usr/bin:/bin'] + a.env, 'Entrypoint': a.entrypoint, 'Cmd': a.cmd,
        'WorkingDir': a.workdir, 'User': a.user, 'ExposedPorts': {p: {} for p in a.port}},
        'rootfs': {'type': 'layers', 'diff_ids': [d['digest'] for d in descs]}}

    def blob(obj):
        data = json.dumps(obj, sort_keys=True, separators=(',', ':')).encode()
        return 'sha256:' + hashlib.sha256(data).hexdigest(), data

    cfg, cfg_data = blob(config)
    man, man_data = blob({'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
                          'config': {'mediaType': 'application/vnd.oci.image.config.v1+json',
                                     'digest': cfg, 'size': len(cfg_data)}, 'layers': descs})
    index = json.dumps({'schemaVersion': 2, 'manifests': [{
        'mediaType': 'application/vnd.oci.image.manifest.v1+json', 'digest': man, 'size': len(man_data),
        'platform': {'architecture': ARCH, 'os': 'linux'},
        'annotations': {'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name.rpartition(':')[2]},
    } for name in a.name]}).encode()

    part = f'{a.output}.part.{os.getpid()}'
    with tarfile.open(part, 'w') as tar:
        seen = set()
        def put(name, data):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        put('oci-layout', b'{"imageLayoutVersion":"1.0.0"}')
        put('index.json', index)
        for digest, data in ((man, man_data), (cfg, cfg_data)):
            put('blobs/sha256/' + digest[7:], data)
        for path, d in zip(tmp, descs):
            if d['digest'] not in seen and (not a.thin or d is descs[-1]):
                seen.add(d['digest'])
                info = tarfile.TarInfo('blobs/sha256/' + d['digest'][7:])
                info.size = d['size']
                with open(path, 'rb') as f:
                    tar.addfile(info, f)
            os.unlink(path)
    os.replace(part, a.output)
    print(f"{a.name[0]} {man} {os.path.getsize(a.output) / 1e6:.1f} MB, layers "
          + ' + '.join(f"{d['size'] / 1e6:.1f}" for d in descs))


if __name__ == '__main__':
    main()
