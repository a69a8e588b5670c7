import {access} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Server} from '@grpc/grpc-js';
import {load} from '@grpc/proto-loader';
import {ReflectionService} from '@grpc/reflection';
import {protoPath as healthProto} from 'grpc-health-check';

const agentProto = 'mha_helper/v1/agent.proto';

/** Lets grpcurl and its kin discover what this server offers. */
export const addReflection = async (server: Server): Promise<void> => {
  const root = await packageRoot(dirname(fileURLToPath(import.meta.url)));
  const definition = await load([agentProto, healthProto], {includeDirs: [join(root, 'proto')]});
  new ReflectionService(definition).addToServer(server);
};

/** The .proto files lie beside package.json, whether this file runs from source or compiled from dist/. */
const packageRoot = async (dir: string): Promise<string> => {
  try {
    await access(join(dir, 'proto', agentProto));
    return dir;
  } catch (error) {
    const parent = dirname(dir);
    if (parent === dir) throw new Error(`cannot find proto/${agentProto} of this package`, {cause: error});
    return packageRoot(parent);
  }
};
