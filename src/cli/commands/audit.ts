import { HangarError } from '#kernel'
import type { CommandCall } from '../context.ts'
import { numberOf } from '../input/number.ts'
import { state, style } from '../output/style.ts'
import { table } from '../output/table.ts'

export const list = {
  async run({ options, context }: CommandCall): Promise<void> {
    const rows = await (await context.client()).call('auditList', {
      limit: numberOf('--limit', options['limit']),
      ...(options['silo'] === undefined ? {} : { silo_id: String(options['silo']) }),
      ...(options['caller'] === undefined ? {} : { caller: String(options['caller']) }),
      ...(options['before'] === undefined ? {} : { before: numberOf('--before', options['before']) }),
    })
    context.print(rows, () =>
      table(
        ['#', 'AT', 'WHO', 'ROLE', 'OVER', 'WHAT', 'SILO', 'OUTCOME', 'MS', 'WITH'],
        rows.map(row => [
          String(row.seq),
          row.at,
          row.caller,
          row.role,
          row.via,
          row.operation,
          row.silo_id ?? '-',
          row.code ? `${state(row.outcome)} ${style.dim(row.code)}` : state(row.outcome),
          String(row.duration_ms),
          row.input,
        ]),
        'Nothing was asked of the desk yet.',
      ),
    )
  },
}

export const verify = {
  async run({ options, context }: CommandCall): Promise<void> {
    const finding = await (await context.client()).call(
      'auditVerify',
      options['elsewhere'] ? { elsewhere: true } : {},
    )
    context.print(finding, () =>
      finding.ok
        ? style.green(`The audit is whole: ${finding.detail}.`)
        : style.red(`The audit is damaged: ${finding.detail}.`),
    )
    if (!finding.ok)
      throw new HangarError(`The audit is damaged from row ${finding.first_bad} on`, {
        code: 'HGR_CLI_AUDIT',
        status: 500,
        kind: 'user',
        hint: 'Rows before it are as they were written.',
      })
  },
}

export const archive = {
  async run({ options, context }: CommandCall): Promise<void> {
    const { folder, files } = await (await context.client()).call('auditArchive', {
      ...(options['before'] === undefined ? {} : { before: String(options['before']) }),
      ...(options['keepRows'] === undefined
        ? {}
        : { keep_rows: numberOf('--keep-rows', options['keepRows']) }),
    })
    context.print({ folder, files }, () =>
      files.length === 0
        ? 'There is nothing to move.'
        : `${table(
            ['FILE', 'ROWS', 'SHA-256'],
            files.map(({ file, first_seq, last_seq, sha256 }) => [
              file,
              `${first_seq} to ${last_seq}`,
              sha256,
            ]),
            '',
          )}\nThey are in ${folder}. "hangar audit verify" reads them, too.`,
    )
  },
}
