import assert from 'node:assert/strict';
import {test} from 'node:test';
import {configDirectory} from './config-directory.ts';
import {messages} from './config-messages.ts';

/** Whole files, and all that is said about them. */
const wrongFiles: readonly (readonly [string, string, readonly string[]])[] = [
  ['no host', '[default]\n', ['app.conf: names no host; write one section per MySQL host, like [db10]']],
  ['nothing', '', ['app.conf: names no host; write one section per MySQL host, like [db10]']],
  [
    'a section that is no host',
    '[db 10]\n',
    ['app.conf:1 [db 10]: is no host; write [host], [host:port] or [[IPv6]:port]'],
  ],
  [
    'a port out of range',
    '[db10:70000]\n',
    ['app.conf:1 [db10:70000]: is no host; write [host], [host:port] or [[IPv6]:port]'],
  ],
  [
    'a mistyped address',
    '[10.0.0.300]\n',
    ['app.conf:1 [10.0.0.300]: is no host; write [host], [host:port] or [[IPv6]:port]'],
  ],
  ['a repeated section', '[db10]\n[db10]\n', ['app.conf:2 [db10]: already in line 1; write it once']],
  ['a repeated key', '[db10]\nagent_port=1\nagent_port=1\n', ['app.conf:3 [db10] agent_port: already in line 2']],
  [
    'two names of one instance',
    '[db10]\n[db10:3306]\n',
    ['app.conf [db10]: db10:3306 is there twice; keep one section'],
  ],
  [
    'two hosts with one address',
    '[db10]\nip=10.0.0.5\n[db11]\nip=10.0.0.5\n',
    ['app.conf [db11]: 10.0.0.5:3306 is there twice; keep one section'],
  ],
  ['text before the first section', 'x = 1\n[db10]\n', ['app.conf:1: stands before the first [section]']],
  [
    'a line that is no assignment',
    '[db10]\nagent_port\n= 5\n[unclosed\n',
    [2, 3, 4].map(line => `app.conf:${line} [db10]: not understood; write: key = value, on one line`),
  ],
  [
    'a key of the cluster in a host section',
    '[db10]\nstate_dir = /x\n',
    ['app.conf:2 [db10] state_dir: is per cluster: move it to [default]'],
  ],
  [
    'a VIP of its own for one host',
    '[default]\nwriter_vip_cidr=10.0.0.5/24\ncluster_interface=eth1\n[db10]\nwriter_vip_cidr=10.0.0.6/24\n[db11]\nvip_type=none\n',
    [
      'app.conf:5 [db10] writer_vip_cidr: the VIP is per cluster and moves between its hosts; write this key in [default] only',
      'app.conf:7 [db11] vip_type: the VIP is per cluster and moves between its hosts; write this key in [default] only',
    ],
  ],
  [
    'no interface for the VIP',
    '[default]\nwriter_vip_cidr=10.0.0.5/24\n[db10]\ncluster_interface=eth1\n[db11]\n',
    ['app.conf:5 [db11] cluster_interface: missing; write the interface that carries the VIP'],
  ],
];

for (const [what, text, complaints] of wrongFiles) {
  test(`a file with ${what} says so`, t => {
    assert.deepEqual(messages(configDirectory(t, {'app.conf': text})), complaints);
  });
}
