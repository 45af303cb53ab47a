import * as z from 'zod'
import { definePlugin } from './plugin.ts'

/** Answers by itself: for what is blocked, or not there yet. */
export const requestTermination = definePlugin({
  priority: 2,
  config: z.strictObject({
    status_code: z.number().int().min(100).max(599).default(503),
    message: z.string().default('Service unavailable'),
  }),
  create:
    ({ status_code: status, message }) =>
    () => ({ status, message }),
})
