/** On every object that we apply: which of its fields are ours by that (packed), so that it shows when one no longer is. */
export const fieldsAnnotation = 'iamstack.dev/fields'
/** On the first object of a resource: `Kind/name` of its others as JSON, so that it shows when one is gone. */
export const objectsAnnotation = 'iamstack.dev/objects'
/** On a Job: which claims it ran on, uid by volume, as JSON. */
export const volumesAnnotation = 'iamstack.dev/volumes'
