import type {VipConfig} from './cluster-config.ts';
import {compileAws} from './compile-aws.ts';
import type {ClusterSections, Report} from './compile-cluster.ts';
import {compileOpenStack} from './compile-openstack.ts';
import {type KeyName, keys} from './keys.ts';
import {readDefaults} from './read-section.ts';

/** The VIP belongs to the cluster: it moves between the hosts, so one host cannot have its own. */
export const compileVip = (sections: ClusterSections, report: Report): VipConfig => {
  reportOwnVips(sections, report);
  const {values, entries, line, name} = sections.common;
  const cidrs = values.writer_vip_cidr;
  const type = values.vip_type ?? (entries.has('writer_vip_cidr') ? 'metal' : 'none');
  if (type === 'none') return {type};
  if (!entries.has('writer_vip_cidr')) {
    const message = `missing, but vip_type is ${type}; write ${keys.writer_vip_cidr.write}`;
    report({section: name, line, key: 'writer_vip_cidr', message});
  }
  if (type === 'aws') return compileAws(sections, cidrs ?? [], report);
  if (type === 'openstack')
    return compileOpenStack(sections, {cidrs: cidrs ?? [], environment: sections.environment ?? {}}, report);
  const defaults = readDefaults();
  return {
    type,
    cidrs: cidrs ?? [],
    detectMs: values.detect_ms ?? defaults.detect_ms,
    tombstoneMs: values.tombstone_seconds ?? defaults.tombstone_seconds,
  };
};

/** The host itself has the address on an interface, so that interface must be known. */
export const isOnHost = (vip: VipConfig): boolean =>
  vip.type === 'metal' ||
  (vip.type === 'aws' && vip.mode !== 'elastic_ip') ||
  (vip.type === 'openstack' && vip.mode !== 'floating_ip');

/** The predecessor took these keys in host sections too: the same value there is harmless, another one is a mistake. */
const reportOwnVips = ({common, sections}: ClusterSections, report: Report): void => {
  const vipKeys = (Object.keys(keys) as KeyName[]).filter(key => keys[key].place === 'vip');
  for (const {name: section, values, entries} of sections) {
    for (const key of vipKeys) {
      const entry = entries.get(key);
      if (entry === undefined || values[key] === undefined) continue;
      if (String(values[key]) === String(common.values[key])) continue;
      const message = 'the VIP is per cluster and moves between its hosts; write this key in [default] only';
      report({section, line: entry.line, key, value: entry.value, message});
    }
  }
};
