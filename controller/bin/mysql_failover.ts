#!/usr/bin/env node
import {mysqlFailover} from '../command/switch/switch-commands.ts';
import {endProcess} from './command-environment.ts';
import {switchEnvironment} from './switch-environment.ts';

endProcess(await mysqlFailover(switchEnvironment()));
