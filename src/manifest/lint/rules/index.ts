import type { FlyRule } from '../context.ts'
import {
  bareDurations,
  buildSettings,
  checkTimes,
  commands,
  deployStrategy,
  killTimeout,
  releaseCommand,
  vmSize,
} from './deploying.ts'
import {
  declaredRules,
  developmentMode,
  portVariable,
  reservedVariables,
  secretsInEnv,
} from './environment.ts'
import { images } from './images.ts'
import { autoscaling, regions } from './places.ts'
import {
  concurrency,
  publicDatabase,
  scaleToZero,
  serviceGroups,
  servicePorts,
  stopWithoutStart,
  suspendLimits,
} from './services.ts'
import { files, mounts, postgresData, statics } from './volumes.ts'

/** Rules about what a fly.toml means, once it has the form that Fly reads. */
export const flyRules: readonly FlyRule[] = [
  regions,
  autoscaling,
  scaleToZero,
  stopWithoutStart,
  suspendLimits,
  serviceGroups,
  servicePorts,
  publicDatabase,
  concurrency,
  secretsInEnv,
  reservedVariables,
  portVariable,
  developmentMode,
  declaredRules,
  postgresData,
  mounts,
  files,
  statics,
  buildSettings,
  deployStrategy,
  releaseCommand,
  commands,
  killTimeout,
  bareDurations,
  checkTimes,
  vmSize,
  images,
]
