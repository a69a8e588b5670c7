import {access} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {type LazyServices, lazyServices} from './lazy-services.ts';

const agentProto = 'mha_helper/v1/agent.proto';

const stream = {requestStream: true, responseStream: true} as const;
const methods = ['v1', 'v1alpha'].map(version => ({
  path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
  ...stream,
}));

/** Lets grpcurl and its kin discover what this server offers. */
export const reflectionServices = (): LazyServices =>
  lazyServices(methods, async target => {
    const [root, {load, ReflectionService, healthProto}] = await Promise.all([
      packageRoot(dirname(fileURLToPath(import.meta.url))),
      import('./inspection-libraries.ts'),
    ]);
    const definition = await load([agentProto, healthProto], {includeDirs: [join(root, 'proto')]});
    new ReflectionService(definition).addToServer(target);
  });

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
