// Apache Arrow in JavaScript reads Arrow, as a file and as a stream: node read-arrow.js FOLDER

import { readFileSync } from 'node:fs'
import { DataType, RecordBatchReader, Table, tableFromIPC } from 'apache-arrow'
import { report, versionOf } from './report.js'

const version = versionOf('apache-arrow')

// Dates of JavaScript end at milliseconds: times are taken as they are stored.
function value(vector, index) {
  if (!vector.isValid(index)) return null
  if (DataType.isTimestamp(vector.type)) {
    for (const data of vector.data) {
      if (index < data.length) return data.values[index]
      index -= data.length
    }
  }
  const got = vector.get(index)
  if (DataType.isList(vector.type)) return Array.from({ length: got.length }, (_, i) => value(got, i))
  if (DataType.isStruct(vector.type)) {
    return Object.fromEntries(vector.type.children.map((field, i) => [field.name, value(vector.getChildAt(i), index)]))
  }
  return got
}

function rows(table) {
  const columns = table.schema.fields.map((field) => [field.name, table.getChild(field.name)])
  return Array.from({ length: table.numRows }, (_, i) => Object.fromEntries(columns.map(([name, vector]) => [name, value(vector, i)])))
}

await report(process.argv[2], 'apache-arrow (JavaScript)', version, 'arrow', async (path) => ({ rows: rows(tableFromIPC(readFileSync(path))) }))
await report(process.argv[2], 'apache-arrow (JavaScript), stream', version, 'arrow', async (path) => {
  const stream = readFileSync(path).subarray(8) // behind the magic bytes and their padding
  const reader = RecordBatchReader.from(stream).open()
  return { rows: rows(new Table(reader.schema, [...reader])) }
})
