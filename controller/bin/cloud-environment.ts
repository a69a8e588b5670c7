import type {CloudEnvironment} from '../config/cluster-config.ts';

/** Of the environment, what says how OpenStack is reached, as for its own client. */
export const cloudEnvironment = (): CloudEnvironment =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^OS_/.test(name) || name === 'HOME' || name === 'XDG_CONFIG_HOME'),
  );
