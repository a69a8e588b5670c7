#!/usr/bin/env node
import {mysqlOnlineFailover} from '../command/switch/switch-commands.ts';
import {endProcess} from './command-environment.ts';
import {switchEnvironment} from './switch-environment.ts';

endProcess(await mysqlOnlineFailover(switchEnvironment()));
