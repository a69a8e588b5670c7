import {isIPv4} from 'node:net';
import type {AwsConfig, AwsHost} from './cluster-config.ts';
import type {ClusterSections, Report} from './compile-cluster.ts';
import {keys} from './keys.ts';
import {readDefaults, type SectionValues} from './read-section.ts';
import {parseSectionName} from './section-name.ts';

/** What vip_type = aws needs, complete or reported. */
export const compileAws = (
  {common, sections, environment}: ClusterSections,
  cidrs: readonly string[],
  report: Report,
): AwsConfig => {
  const {aws_region: region, aws_profile: profile, aws_endpoint: endpoint} = common.values;
  const access = {region, profile, endpoint, caBundle: environment?.AWS_CA_BUNDLE || undefined};
  const mode = common.values.aws_mode;
  const hosts = sections.flatMap(section => compileHost(section, common, report));
  const base = {type: 'aws', cidrs, access, hosts: withoutRepeats(hosts, report)} as const;
  if (mode === undefined) reportMissing('aws_mode', 'vip_type = aws', common, report);
  reportAddresses({common, cidrs, mode}, report);
  if (mode !== 'route') return {...base, mode: mode ?? 'private_ip'};
  const routeTables = common.values.aws_route_tables ?? [];
  if (routeTables.length === 0) reportMissing('aws_route_tables', 'aws_mode = route', common, report);
  return {...base, mode, routeTables};
};

const compileHost = (section: SectionValues, common: SectionValues, report: Report): readonly AwsHost[] => {
  const name = parseSectionName(section.name)?.name;
  if (name === undefined) return []; // reported as no host
  const {aws_instance_id: id, aws_tag: tag} = section.values;
  const deviceIndex = section.values.aws_interface ?? common.values.aws_interface ?? readDefaults().aws_interface;
  if (id !== undefined && tag !== undefined) {
    const line = section.entries.get('aws_tag')?.line ?? section.line;
    report({section: section.name, line, key: 'aws_tag', message: 'beside aws_instance_id; keep one of the two'});
  }
  if (id !== undefined) return [{name, instance: {id}, deviceIndex}];
  if (tag !== undefined) return [{name, instance: {tag}, deviceIndex}];
  const isWritten = section.entries.has('aws_instance_id') || section.entries.has('aws_tag');
  if (!isWritten) {
    const message = `missing; write ${keys.aws_instance_id.write}, or aws_tag with ${keys.aws_tag.write}`;
    report({section: section.name, line: section.line, key: 'aws_instance_id', message});
  }
  return [];
};

/** Two instances on one host are one machine, and two hosts are never one. */
const withoutRepeats = (hosts: readonly AwsHost[], report: Report): readonly AwsHost[] => {
  const kept: AwsHost[] = [];
  for (const host of hosts) {
    const same = kept.find(({name}) => name === host.name);
    const twin = kept.find(({name, instance}) => name !== host.name && textOf(instance) === textOf(host.instance));
    if (same !== undefined && textOf(same.instance) !== textOf(host.instance))
      report({section: host.name, key: 'aws_instance_id', message: 'differs between two instances of one host'});
    if (twin !== undefined)
      report({
        section: host.name,
        key: 'aws_instance_id',
        message: `is the instance of ${twin.name}, too; correct one`,
      });
    if (same === undefined) kept.push(host);
  }
  return kept;
};

const textOf = (instance: AwsHost['instance']): string => JSON.stringify(instance);

const reportAddresses = (
  {
    common,
    cidrs,
    mode,
  }: {readonly common: SectionValues; readonly cidrs: readonly string[]; readonly mode: string | undefined},
  report: Report,
): void => {
  const line = common.entries.get('writer_vip_cidr')?.line ?? common.line;
  const place = {section: common.name, line, key: 'writer_vip_cidr', value: cidrs.join(', ')};
  if (cidrs.some(cidr => !isIPv4(cidr.split('/')[0] ?? '')))
    report({...place, message: 'is an IPv6 address, which this version does not move at EC2; write an IPv4 address'});
  if (mode === 'elastic_ip' && cidrs.length > 1)
    report({...place, message: 'has several addresses, but an interface takes one Elastic IP; write one address'});
};

const reportMissing = (
  key: 'aws_mode' | 'aws_route_tables',
  because: string,
  {name, line, entries}: SectionValues,
  report: Report,
): void => {
  if (entries.has(key)) return; // its value was wrong, and is reported
  report({section: name, line, key, message: `missing, but ${because}; write ${keys[key].write}`});
};
