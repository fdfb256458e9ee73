import { MongoBulkWriteError, MongoClient } from 'mongodb'
import type { AnalyticsRecord } from '../../../common/src/analytics-record.ts'
import type { Sink } from './sink.ts'

/** DuplicateKey */
const duplicateKey = 11_000

interface Document extends Omit<AnalyticsRecord, 'id'> {
  readonly _id: string
}

/** Collection `analytics` of the database `iam`. The client finds a server again that was away. */
export function openMongodb(url: string): Sink {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: 2000,
    connectTimeoutMS: 2000,
    socketTimeoutMS: 10_000,
  })
  const collection = client.db('iam').collection<Document>('analytics')
  return {
    async write(records) {
      try {
        await collection.insertMany(
          records.map(({ id, ...rest }) => ({ _id: id, ...rest })),
          { ordered: false },
        )
      } catch (error) {
        if (!isOnlyDuplicates(error)) throw error
      }
    },
    count: (username) => collection.countDocuments(username === undefined ? {} : { username }),
    async check() {
      await client.db('iam').command({ ping: 1 })
    },
    close: () => client.close(),
  }
}

function isOnlyDuplicates(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false
  const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors]
  return errors.length > 0 && errors.every(({ code }) => code === duplicateKey)
}
