import type {Party} from './move.ts';

/** `host:port`, as records name an instance. */
export const keyOf = ({config}: Pick<Party, 'config'>): string => `${config.name}:${config.port}`;
