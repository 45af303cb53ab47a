import { errors } from '../errors.ts'
import { createBucket, deleteBucket, getBucket, listBuckets } from '../objects/buckets.ts'
import { header, type S3Answer, type S3Call } from './call.ts'

export async function listAll({ call }: S3Call): Promise<S3Answer> {
  const buckets = await listBuckets(call)
  return {
    document: {
      ListAllMyBucketsResult: {
        // An empty element would be a bucket without a name.
        Buckets:
          buckets.length === 0
            ? {}
            : {
                Bucket: buckets.map(bucket => ({ Name: bucket['name'], CreationDate: bucket['created_at'] })),
              },
      },
    },
  }
}

export async function create(s3: S3Call): Promise<S3Answer> {
  const acl = header(s3, 'x-amz-acl') ?? ''
  await createBucket(s3.call, { name: s3.bucket, public: acl.startsWith('public-read') })
  return { headers: { location: `/${s3.bucket}` } }
}

export async function remove({ call, bucket }: S3Call): Promise<S3Answer> {
  await deleteBucket(call, bucket).catch(error => {
    throw error.storageCode === 'ResourceNotEmpty' ? errors.s3BucketNotEmpty(bucket) : error
  })
  return { status: 204 }
}

export async function head({ call, bucket }: S3Call): Promise<S3Answer> {
  await getBucket(call, bucket)
  return { headers: { 'x-amz-bucket-region': call.settings.region } }
}

export async function location({ call, bucket }: S3Call): Promise<S3Answer> {
  await getBucket(call, bucket)
  // Amazon's client finds the text only beside an attribute.
  const xmlns = 'http://s3.amazonaws.com/doc/2006-03-01/'
  return { document: { LocationConstraint: { '@xmlns': xmlns, '#text': call.settings.region } } }
}

export async function versioning({ call, bucket }: S3Call): Promise<S3Answer> {
  await getBucket(call, bucket)
  return { document: { VersioningConfiguration: { Status: 'Suspended', MfaDelete: 'Disabled' } } }
}

/** Asked for by name, so that it is refused in the words in which the storage service refuses it where it is switched off. */
export async function lifecycle({ bucket }: S3Call): Promise<S3Answer> {
  throw errors.featureNotEnabled(bucket, 'object lifecycles')
}
