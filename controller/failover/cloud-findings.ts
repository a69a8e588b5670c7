import type {CloudHolder} from '../vip/cloud.ts';
import type {VipProvider} from '../vip/provider.ts';
import type {Party} from './move.ts';
import type {Survey} from './survey.ts';

interface CloudFindings {
  /** Whoever has the VIP at the API and should not. */
  readonly elsewhere: readonly string[];
  /** The API could not be asked: why, and what to do. */
  readonly unasked: readonly string[];
  /** The host does not have all of it. */
  readonly missing: readonly string[];
}

/** What the API says of the VIP, held against where it belongs: a pure function of the survey. */
export const cloudFindings = (
  {name, cloud}: VipProvider,
  survey: Survey,
  {config}: Pick<Party, 'config'>,
): CloudFindings => {
  const view = survey.cloud;
  if (cloud === undefined || view === undefined) return {elsewhere: [], unasked: [], missing: []};
  if (view.error !== undefined) return {elsewhere: [], unasked: [sayWithHint(view.error)], missing: []};
  const others = view.holders.filter(({host}) => host !== config.name);
  const own = view.holders.find(({host}) => host === config.name);
  return {
    elsewhere: others.map(one => `${cloud.name} gives ${name} to ${sayHolder(one)}; take it away there first`),
    unasked: [],
    missing:
      own?.isWhole === true ? [] : [`${cloud.name} does not give ${own ? 'all of ' : ''}${name} to ${config.name}`],
  };
};

export const sayHolder = ({host, place}: CloudHolder): string => (host === undefined ? place : `${host} (${place})`);

const sayWithHint = (error: Error & {hint?: string}): string =>
  error.hint === undefined || error.hint === '' ? error.message : `${error.message}; ${error.hint}`;
