#!/usr/bin/env node
import {runProgram} from '../command/program.ts';
import {commandEnvironment, endProcess} from './command-environment.ts';

endProcess(await runProgram(process.argv.slice(2), commandEnvironment()));
