import type { OrderTerm } from './ast.ts'
import { parseField } from './field.ts'
import { Scanner } from './scanner.ts'

/** `order=a.desc.nullslast,b->x,relation(c).asc` */
export function parseOrder(text: string): readonly OrderTerm[] {
  const scanner = new Scanner(text, 'order')
  const terms: OrderTerm[] = []
  do {
    let field = parseField(scanner)
    let relation: string | undefined
    if (field.steps.length === 0 && scanner.accept('(')) {
      relation = field.name
      field = parseField(scanner)
      if (!scanner.accept(')')) scanner.fail('")"')
    }
    const descending = scanner.accept('.desc')
    if (!descending) scanner.accept('.asc')
    const nulls = scanner.accept('.nullsfirst') ? 'first' : scanner.accept('.nullslast') ? 'last' : undefined
    terms.push({ field, relation, descending, nulls })
  } while (scanner.accept(','))
  scanner.end('",", "asc", "desc", "nullsfirst", "nullslast" or end of input')
  return terms
}
