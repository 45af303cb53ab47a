/** Where a column of a view comes from. */
export interface ColumnOrigin {
  /** The view's column, by number. */
  readonly column: number
  /** The relation that it is taken from, which may be a view again. */
  readonly relation: number
  readonly number: number
}

/**
 * Finds in a view's rule, as PostgreSQL keeps it, which of its columns are plain columns of which relations. The rule is a tree in text:
 * `({QUERY :commandType 1 … :targetList ({TARGETENTRY :expr {…} :resno 1 … :resorigtbl 16384 :resorigcol 2 …} …) …})`. Subqueries hold
 * target lists of their own, deeper in the tree, which are not the view's columns.
 */
export function originsOf(rule: string): readonly ColumnOrigin[] {
  const origins: ColumnOrigin[] = []
  let depth = 0
  let inTargets = false
  let entry = -1
  for (let at = 0; at < rule.length; at++) {
    switch (rule[at]) {
      case '\\':
        at++
        break
      case '{':
        depth++
        if (depth === 2 && inTargets && rule.startsWith('{TARGETENTRY ', at)) entry = at
        break
      case '}':
        if (depth === 2 && entry >= 0) {
          const origin = readEntry(rule.slice(entry, at))
          if (origin) origins.push(origin)
          entry = -1
        }
        depth--
        break
      case ':':
        if (depth === 1 && rule[at - 1] === ' ') inTargets = rule.startsWith(':targetList ', at)
        break
    }
  }
  return origins
}

/** The entry's own fields stand after its expression. */
function readEntry(text: string): ColumnOrigin | undefined {
  const found = /:resno (\d+) .*:resorigtbl (\d+) :resorigcol (-?\d+) :resjunk false\s*$/s.exec(
    text.slice(text.lastIndexOf(' :resno ')),
  )
  if (!found || found[2] === '0' || Number(found[3]) < 1) return undefined
  return { column: Number(found[1]), relation: Number(found[2]), number: Number(found[3]) }
}
