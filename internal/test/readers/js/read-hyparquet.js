// hyparquet reads Parquet: node read-hyparquet.js FOLDER

import { asyncBufferFromFile, parquetQuery, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { report, versionOf } from './report.js'

// Dates of JavaScript end at milliseconds, JSON need not be parsed.
const text = new TextDecoder()
const parsers = {
  timestampFromMicroseconds: (micros) => micros,
  jsonFromBytes: (bytes) => bytes && text.decode(bytes),
}

function filter(question) {
  const column = question.column
  switch (question.op) {
    case 'null': return { [column]: { $eq: null } }
    case 'true': return { [column]: { $eq: true } }
    case 'text': return { [column]: { $eq: question.value ?? '' } }
    default: return { [column]: { $gte: BigInt(question.low), $lt: BigInt(question.high) } }
  }
}

await report(process.argv[2], 'hyparquet', versionOf('hyparquet'), 'parquet', async (path) => {
  const file = await asyncBufferFromFile(path)
  return {
    rows: await parquetReadObjects({ file, compressors, parsers }),
    count: async (question) => (await parquetQuery({ file, compressors, parsers, filter: filter(question) })).length,
  }
})
