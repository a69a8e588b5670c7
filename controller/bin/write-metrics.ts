#!/usr/bin/env node
// Started by hooks when a failover is over; not for people.
import {loadClusters} from '../config/load-clusters.ts';
import {writeMetrics} from '../metrics/write-metrics.ts';
import {endUnheard} from './end.ts';

const [configDirectory = '', name = ''] = process.argv.slice(2);
const cluster = loadClusters(configDirectory).clusters.find(one => one.name === name);
if (cluster !== undefined) await writeMetrics(cluster, {tell: () => {}}); // nobody listens; the file's age tells
endUnheard();
