import type { CommandCall } from '../context.ts'
import { style } from '../output/style.ts'

export async function run({ context }: CommandCall): Promise<void> {
  const findings = await (await context.client()).call('doctor', {})
  context.print(findings, () =>
    findings
      .map(({ name, ok, detail, hint }) => {
        const mark = ok ? style.green('✔') : style.red('✖')
        return `${mark} ${style.bold(name)}: ${detail}${hint ? `\n    ${style.dim(hint)}` : ''}`
      })
      .join('\n'),
  )
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1
}
