import * as z from 'zod'

/** The field by which every operation names its silo. */
export const siloId = z.string().min(1).max(80).describe('Id or alias ({client}-{app}) of the silo')

/** Input of operations that need nothing but their silo; others extend it. */
export const siloInput = z.strictObject({ silo_id: siloId })

export const nothing = z.strictObject({})
export const done = z.object({ ok: z.literal(true) })
