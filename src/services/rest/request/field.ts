import type { FieldPath, JsonStep } from './ast.ts'
import type { Scanner } from './scanner.ts'

/** `name`, `name->a->>b`, `name->0` */
export function parseField(scanner: Scanner): FieldPath {
  return { name: scanner.name(), steps: parseJsonSteps(scanner) }
}

export function parseJsonSteps(scanner: Scanner): readonly JsonStep[] {
  const steps: JsonStep[] = []
  for (;;) {
    const arrow = scanner.accept('->>') ? '->>' : scanner.accept('->') ? '->' : undefined
    if (!arrow) return steps
    const key = scanner.peek('"') ? scanner.quoted() : scanner.match(/(?:[^(:.,>)-]|-(?!>))+/y)
    if (key === undefined) scanner.fail('any non reserved character different from: .,>()')
    steps.push({ arrow, key })
  }
}
