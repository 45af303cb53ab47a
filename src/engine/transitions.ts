import type { MachineState } from '#contract'

/** What can happen to a machine. */
export const machineActions = [
  'start',
  'started',
  'start-failed',
  'stop',
  'stopped',
  'suspend',
  'suspended',
  'exited',
  'give-up',
  'update',
  'updated',
  'destroy',
  'destroyed',
] as const

export type MachineAction = (typeof machineActions)[number]

/** state → action → next state. What is not listed is refused. Pure data: the whole life of a machine on one page. */
const table: Readonly<Record<MachineState, Partial<Record<MachineAction, MachineState>>>> = {
  created: { start: 'starting', update: 'replacing', destroy: 'destroying', stop: 'stopped' },
  starting: {
    started: 'started',
    'start-failed': 'stopped',
    exited: 'stopped',
    'give-up': 'failed',
    stop: 'stopping',
    destroy: 'destroying',
  },
  started: {
    stop: 'stopping',
    suspend: 'suspending',
    exited: 'stopped',
    update: 'replacing',
    destroy: 'destroying',
  },
  stopping: { stopped: 'stopped', exited: 'stopped', destroy: 'destroying' },
  stopped: {
    start: 'starting',
    update: 'replacing',
    destroy: 'destroying',
    'give-up': 'failed',
    stop: 'stopped',
  },
  suspending: { suspended: 'suspended', exited: 'stopped', stop: 'stopping', destroy: 'destroying' },
  suspended: {
    start: 'starting',
    stop: 'stopping',
    exited: 'stopped',
    update: 'replacing',
    destroy: 'destroying',
  },
  replacing: { updated: 'stopped', destroy: 'destroying', exited: 'replacing' },
  destroying: { destroyed: 'destroyed', exited: 'destroying' },
  destroyed: {},
  failed: { start: 'starting', stop: 'stopped', update: 'replacing', destroy: 'destroying' },
}

/** The state after `action`; undefined when it may not happen in `state`. */
export function nextState(state: MachineState, action: MachineAction): MachineState | undefined {
  return table[state][action]
}

/** States in which something of the machine may run. */
export function mayRun(state: MachineState): boolean {
  return !['created', 'stopped', 'failed', 'destroyed'].includes(state)
}

/** States that a crash can leave behind and a start of the daemon must finish. */
export function isTransient(state: MachineState): boolean {
  return ['starting', 'stopping', 'suspending', 'replacing', 'destroying'].includes(state)
}
