import type { PluginFactory } from './plugin.ts'

/** Answers by itself: for what is blocked, or not there yet. */
export const requestTermination: PluginFactory = config => () => ({
  status: Number(config['status_code'] ?? 503),
  message: String(config['message'] ?? 'Service unavailable'),
})
