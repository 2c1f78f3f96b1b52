module fairlead.dev/e2e/cluster/echo

go 1.26.0
