/** Where the lab's AWS answers (`lab up aws`); undefined: it does not run here. */
export const standIn = process.env['IAMSTACK_LAB_AWS']

/** How a program gets there, and nobody else's settings. */
export const labEnvironment: Readonly<Record<string, string>> =
  standIn === undefined
    ? {}
    : {
        AWS_ENDPOINT_URL: standIn,
        AWS_ACCESS_KEY_ID: '123456789012',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        AWS_EC2_METADATA_DISABLED: 'true',
      }

function address(): string {
  if (standIn === undefined)
    throw new Error('the stand-in for AWS does not run: test/lab/lab up aws starts it')
  return standIn
}

/** Tells the lab's AWS how to behave: see test/lab/aws/README.md. */
export async function tellLab(path: string, body: unknown, method = 'POST'): Promise<unknown> {
  const answer = await fetch(`${address()}/_lab/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return await answer.json()
}

/** No fault of another test is left, and everything happens at once. */
export async function calmLab(): Promise<void> {
  await tellLab('faults', undefined, 'DELETE')
  await tellLab('resource-faults', undefined, 'DELETE')
  await tellLab('config', { delays: { '*': 0 } })
}

/** What changes something, of everything that was asked since the last look; this look begins the next time. */
export async function mutations(): Promise<string[]> {
  const requests = (await tellLab('requests', undefined, 'GET')) as { readonly action: string }[]
  await tellLab('requests', undefined, 'DELETE')
  return requests
    .map(({ action }) => action)
    .filter((action) => !/^(Describe|Get|List|Simulate)/.test(action))
}

const versions = { cloudformation: '2010-05-15', ec2: '2016-11-15', iam: '2010-05-08' } as const

/** A call of a query API, as somebody beside us makes it. The stand-in looks at the key, not at the signature. */
export async function askAws(
  service: keyof typeof versions,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const credential = `Credential=123456789012/20260101/eu-west-1/${service}/aws4_request`
  const answer = await fetch(address(), {
    method: 'POST',
    headers: { Authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Version: versions[service], ...fields }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text
}
