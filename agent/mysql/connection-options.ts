import {readFile} from 'node:fs/promises';
import {userInfo} from 'node:os';
import type {ConnectionOptions, SslOptions} from 'mysql2';
import type {InstanceConfig} from '../config/agent-config.ts';
import {type ClientOptions, readOptionFile} from './option-file.ts';

/**
 * How to reach the instance, read anew at every connect so that a changed password needs no restart. agent.ini says
 * where mysqld listens; the option file says who we are. Without one: socket authentication as the OS user.
 */
export const readConnectionOptions = async (config: InstanceConfig): Promise<ConnectionOptions> => {
  const file = config.optionFile === undefined ? undefined : await readOptionFile(config.optionFile);
  const ssl = file?.sslCa === undefined ? undefined : await readTlsFiles(file);
  return {
    ...(config.connect.kind === 'socket'
      ? {socketPath: config.connect.path}
      : {host: config.connect.host, port: config.connect.port}),
    user: config.user ?? file?.user ?? userInfo().username,
    ...(file?.password === undefined ? {} : {password: file.password}),
    ...(ssl === undefined || config.connect.kind === 'socket' ? {} : {ssl}),
    connectAttributes: {program_name: 'mha-helper-agent'},
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    // One round trip for many statements: status in one, thousands of KILLs in a few. No text of others enters them.
    multipleStatements: true,
    enableKeepAlive: true,
    // The driver sets half a megabyte aside for statements that we never prepare.
    maxPreparedStatements: 1,
  };
};

const readTlsFiles = async (file: ClientOptions): Promise<SslOptions> => {
  const [ca, cert, key] = await Promise.all(
    [file.sslCa, file.sslCert, file.sslKey].map(async path => (path === undefined ? undefined : await readFile(path))),
  );
  return {
    ...(ca === undefined ? {} : {ca}),
    ...(cert === undefined ? {} : {cert}),
    ...(key === undefined ? {} : {key}),
    verifyIdentity: file.verifiesIdentity,
  };
};
