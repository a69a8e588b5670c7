import {parseCidr} from './address.ts';
import {packageOf, type ToolName, type Tools} from './tools.ts';

/** A tool that this host should have. */
export interface MissingTool {
  /** What is missing, what that costs, and what to install. */
  readonly warning: string;
  /** `worse`: a VIP does not move as it should, so status and check tell it too. `slower`: the log tells it. */
  readonly harm: 'worse' | 'slower';
}

/** What is missing for these addresses. Never a failure: whether the address is there decides. */
export const missingTools = (tools: Tools, cidrs: readonly string[]): readonly MissingTool[] => {
  const families = new Set(cidrs.map(cidr => parseCidr(cidr).address.family));
  if (families.size === 0) return [];
  const lacks = (tool: ToolName) => tools.paths[tool] === undefined;
  return [
    ...(lacks('ip') ? [tell('ip', 'worse', 'this agent cannot move a VIP')] : []),
    ...(families.has(4) && tools.arpingKind === 'none' ? [tellArping(tools)] : []),
    ...(families.has(6) && lacks('ndptool')
      ? [tell('ndptool', 'worse', 'an IPv6 VIP is not announced, and its clients wait until they look for it again')]
      : []),
    ...(families.has(6) && lacks('ndisc6')
      ? [tell('ndisc6', 'slower', 'the kernel looks for another machine with an IPv6 VIP, which takes a second or two')]
      : []),
    ...(lacks('nft')
      ? [tell('nft', 'slower', 'clients of a VIP that has left wait for time-outs; tombstone_seconds has no effect')]
      : []),
  ];
};

const tell = (tool: ToolName, harm: MissingTool['harm'], cost: string): MissingTool => ({
  warning: `${tool} is missing: ${cost}; install ${packageOf[tool]}`,
  harm,
});

const tellArping = ({paths}: Tools): MissingTool => {
  const what = paths.arping === undefined ? 'arping is missing' : `${paths.arping} is no arping this agent knows`;
  const cost = 'no duplicate detection and no gratuitous ARP for IPv4';
  return {warning: `${what}: ${cost}; install ${packageOf.arping}`, harm: 'worse'};
};
