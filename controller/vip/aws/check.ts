import type {AwsConfig} from '../../config/cluster-config.ts';
import {CloudFailed, type CloudFinding} from '../cloud.ts';
import type {AwsMeans, AwsMode} from './aws-vip.ts';
import {explain, isMissingPermission} from './explain-error.ts';
import type {HostInterface} from './interfaces.ts';
import {switchOff} from './route-tables.ts';

interface Checked extends AwsMeans {
  readonly config: AwsConfig;
  readonly mode: AwsMode;
}

/** Reads what a failover will need and tries every permission. Nothing is changed. */
export const checkAws = async (checked: Checked, signal: AbortSignal): Promise<readonly CloudFinding[]> => {
  const parts = [checkInterfaces, checkHolder, checkPermissions];
  const findings: CloudFinding[] = [];
  for (const part of parts) {
    try {
      findings.push(...(await part(checked, signal)));
    } catch (error) {
      findings.push(failure(error));
      if (findings.filter(one => one.text === failure(error).text).length > 1) findings.pop();
    }
  }
  return findings;
};

const checkInterfaces = async (
  {api, interfaces, config, ips}: Checked,
  signal: AbortSignal,
): Promise<readonly CloudFinding[]> => {
  const found = await interfaces.all(signal);
  const each = await Promise.all(
    config.hosts.map(async ({name}): Promise<readonly CloudFinding[]> => {
      try {
        const own = await interfaces.of(name, signal);
        const text = `${api.label}: ${name} is ${own.eni} of ${own.instanceId}`;
        return [{result: 'ok', text}, ...checkMode(own, {config, ips, label: api.label})];
      } catch (error) {
        return [failure(error)];
      }
    }),
  );
  const subnets = new Set(found.map(({subnetId}) => subnetId));
  const apart: CloudFinding = {
    result: 'FAIL',
    text: `${api.label}: the hosts are in several subnets (${[...subnets].join(', ')}), and a private address cannot leave its own`,
    hint: 'use aws_mode = route, or put the hosts into one subnet',
  };
  return [...each.flat(), ...(config.mode === 'private_ip' && subnets.size > 1 ? [apart] : [])];
};

const checkMode = (
  {host, eni, hasSourceDestCheck, elasticIp, primaryIp}: HostInterface,
  {config, ips, label}: {readonly config: AwsConfig; readonly ips: readonly string[]; readonly label: string},
): readonly CloudFinding[] => {
  if (config.mode === 'route' && hasSourceDestCheck)
    return [
      fail(
        `${label}: ${eni} of ${host} has its source/destination check on and drops packets for the VIP`,
        switchOff(eni),
      ),
    ];
  if (config.mode === 'elastic_ip' && elasticIp !== undefined && !ips.includes(elasticIp))
    return [
      fail(
        `${label}: ${eni} of ${host} has the Elastic IP ${elasticIp} already, which would be lost`,
        'give the host a second interface for the VIP and name it with aws_interface',
      ),
    ];
  if (config.mode === 'private_ip' && ips.includes(primaryIp))
    return [fail(`${label}: it is the primary address of ${host}, which cannot move`, 'use a secondary address')];
  return [];
};

const checkHolder = async ({api, mode}: Checked, signal: AbortSignal): Promise<readonly CloudFinding[]> => {
  const holders = await mode.findHolders(signal);
  if (holders.length === 0)
    return [
      {result: 'note', text: `${api.label}: nobody has it`, hint: 'mha-helper vip acquire puts it on the master'},
    ];
  return holders.map(({host, place, isWhole}) => {
    if (host === undefined)
      return fail(`${api.label}: ${place} has it, and is no host of this cluster`, 'free it there');
    return isWhole
      ? {result: 'ok', text: `${api.label}: ${host} has it`}
      : fail(`${api.label}: ${host} has only a part of it: ${place}`, 'mha-helper vip acquire completes it');
  });
};

const checkPermissions = async ({api, mode}: Checked, signal: AbortSignal): Promise<readonly CloudFinding[]> => {
  const probes = await mode.permissionProbes(signal);
  return Promise.all(
    probes.map(async ({action, attempt}): Promise<CloudFinding> => {
      const error = await attempt(signal).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (isMissingPermission(error)) return failure(explain(error, {action, label: api.label}));
      return {result: 'ok', text: `${api.label}: ec2:${action} is allowed`};
    }),
  );
};

const fail = (text: string, hint: string): CloudFinding => ({result: 'FAIL', text, hint});

const failure = (error: unknown): CloudFinding =>
  fail((error as Error).message, error instanceof CloudFailed ? error.hint : 'this is a defect of mha-helper');
