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

/** Tells the lab's AWS how to behave: see test/lab/aws/README.md. */
export async function tellLab(path: string, body: unknown, method = 'POST'): Promise<unknown> {
  const answer = await fetch(`${standIn ?? ''}/_lab/${path}`, {
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
  return requests.map(({ action }) => action).filter((action) => !/^(Describe|Get|List)/.test(action))
}

/** A call of EC2's query API, as somebody beside us makes it. The stand-in looks at the key, not at the signature. */
export async function callEc2(fields: Readonly<Record<string, string>>): Promise<string> {
  const credential = 'Credential=123456789012/20260101/eu-west-1/ec2/aws4_request'
  const answer = await fetch(standIn ?? '', {
    method: 'POST',
    headers: { Authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Version: '2016-11-15', ...fields }),
  })
  return await answer.text()
}
