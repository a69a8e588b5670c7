// What both packages are called and need, in the words of Debian and of the RPM distributions.
const libraries = {
  deb: ['libc6 (>= 2.28)', 'libgcc-s1 (>= 3.4)', 'libstdc++6 (>= 8)'],
  rpm: ['libc.so.6(GLIBC_2.28)(64bit)', 'libstdc++.so.6()(64bit)', 'libgcc_s.so.1()(64bit)'],
};

export const packages = {
  agent: {
    name: 'mha-helper-agent',
    summary: 'agent of mha-helper on a MySQL host',
    text: [
      'Does the local work of a failover that MHA (mha4mysql) drives: makes mysqld',
      'read-only, drains its connections, and moves the writer VIP. Its journal puts',
      'back whatever was not finished. It brings its own Node.js.',
    ],
    deb: {
      depends: ['iproute2', 'iputils-arping', 'passwd', ...libraries.deb],
      recommends: ['libndp-tools', 'ndisc6', 'nftables'],
      conffiles: ['/etc/mha-helper/agent.ini'],
      scripts: {
        postinst: `if [ "$1" = configure ]; then
  make_user
  [ -n "$2" ] || give_to_user
  reload_units
  [ -z "$2" ] || restart_if_running
fi`,
        prerm: 'if [ "$1" = remove ]; then stop_and_disable; fi',
        postrm: `case $1 in
  remove) reload_units ;;
  purge) forget_all ;;
esac`,
      },
    },
    rpm: {
      requires: ['iproute', 'iputils', ...libraries.rpm],
      recommends: ['libndp', 'ndisc6', 'nftables'],
      needsBefore: ['shadow-utils'],
      files: [
        '%dir %attr(0755,root,root) /etc/mha-helper',
        '%dir %attr(0750,root,mha_helper) /etc/mha-helper/pki',
        '%config(noreplace) %attr(0640,root,mha_helper) /etc/mha-helper/agent.ini',
      ],
      scripts: {
        pre: 'make_user',
        post: 'reload_units',
        preun: 'if [ "$1" = 0 ]; then stop_and_disable; fi',
        postun: 'reload_units\nif [ "$1" -ge 1 ]; then restart_if_running; fi',
      },
    },
  },
  controller: {
    name: 'mha-helper-controller',
    summary: 'failover hooks and command line of mha-helper',
    text: [
      'The hooks that MHA (mha4mysql) calls to move writes and the writer VIP from one',
      'MySQL master to the next, and the command line that shows and checks clusters.',
      'It speaks to mha-helper-agent on every MySQL host. It brings its own Node.js.',
    ],
    deb: {
      depends: libraries.deb,
      recommends: ['mha4mysql-manager'],
      conffiles: [],
      scripts: {postrm: 'if [ "$1" = purge ]; then forget_all; fi'},
    },
    rpm: {
      requires: libraries.rpm,
      recommends: ['mha4mysql-manager'],
      needsBefore: [],
      files: ['%dir %attr(0755,root,root) /etc/mha-helper', '%dir %attr(0750,root,root) /var/lib/mha-helper'],
      scripts: {},
    },
  },
};
