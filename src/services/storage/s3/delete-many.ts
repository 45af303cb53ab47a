import { errors } from '../errors.ts'
import { deletingRows } from '../objects/remove.ts'
import { deleteObjects } from '../objects/rows.ts'
import { bucketRules } from '../objects/upload.ts'
import type { S3Answer, S3Call } from './call.ts'
import { readText } from './payload.ts'
import { parseXml } from './xml.ts'

const mostKeys = 1000

/** DeleteObjects. What is not there counts as deleted; what is there but may not be deleted is an error of its own. */
export async function deleteMany(s3: S3Call): Promise<S3Answer> {
  const { call, bucket } = s3
  const wish = parseXml(await readText(s3))['Delete'] as
    | { Object?: { Key?: string }[]; Quiet?: string }
    | undefined
  if (!wish || typeof wish !== 'object' || !Array.isArray(wish.Object)) throw errors.malformedXml()
  const keys = wish.Object.map(entry => entry.Key)
  if (keys.length > mostKeys || keys.some(key => typeof key !== 'string' || key === ''))
    throw errors.malformedXml()
  await bucketRules(call, bucket)
  const wanted = [...new Set(keys as string[])]
  const deleted = await deletingRows(call, call.caller, transaction =>
    deleteObjects(transaction, bucket, 'name', wanted),
  )
  const gone = new Set(deleted.map(row => row.name))
  const left = wanted.filter(key => !gone.has(key))
  const { rows } = await call.database.run(call.service, transaction =>
    transaction.query<{ name: string }>(
      'select name from storage.objects where bucket_id = $1 and name = any($2::text[])',
      [bucket, left],
    ),
  )
  const kept = new Set(rows.map(row => row.name))
  const quiet = wish.Quiet?.trim() === 'true'
  const answered = quiet ? [] : wanted.filter(key => !kept.has(key)).map(Key => ({ Key }))
  const refused = [...kept].map(Key => ({ Key, Code: 'AccessDenied', Message: 'Access Denied' }))
  return {
    document: {
      DeleteResult: {
        ...(answered.length > 0 && { Deleted: answered }),
        ...(refused.length > 0 && { Error: refused }),
      },
    },
  }
}
