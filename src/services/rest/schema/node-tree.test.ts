import { describe, expect, it } from 'vitest'
import { originsOf } from './node-tree.ts'

const entry = (resno: number, table: number, column: number, expression = '{VAR :varno 1}') =>
  `{TARGETENTRY :expr ${expression} :resno ${resno} :resname x\\{y :ressortgroupref 0 :resorigtbl ${table} :resorigcol ${column} :resjunk false}`

describe('the rule of a view', () => {
  it('says where its columns come from, and not those of what is inside', () => {
    const inner = `{QUERY :rtable <> :targetList (${entry(1, 99, 9)}) :override 0}`
    const rule = `({QUERY :commandType 1 :rtable ({RANGETBLENTRY :subquery ${inner}}) :targetList (${entry(1, 16384, 2)} ${entry(2, 0, 0)} ${entry(3, 16385, 1, `{SUBLINK :subselect ${inner}}`)}) :override 0 :rowMarks (${entry(9, 1, 1)})})`
    expect(originsOf(rule)).toEqual([
      { column: 1, relation: 16384, number: 2 },
      { column: 3, relation: 16385, number: 1 },
    ])
  })

  it('that is not one says nothing', () => {
    for (const text of ['', '<>', '({QUERY', '}}}{{{']) expect(originsOf(text)).toEqual([])
  })
})
