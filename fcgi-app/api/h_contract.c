/* /openapi.json, /openapi.yaml and /asyncapi.yaml: the contract of this very program. */
#include "config.h"

#include "api/contract.h"
#include "api/handlers.h"

int h_contract_json(struct request *q, struct response *r, struct err *e)
{
	(void)q;
	(void)e;
	buf_adds(&r->body, contract_json);
	return 0;
}

int h_contract_yaml(struct request *q, struct response *r, struct err *e)
{
	(void)q;
	(void)e;
	r->content_type = "application/yaml";
	buf_adds(&r->body, contract_yaml);
	return 0;
}

int h_contract_live_yaml(struct request *q, struct response *r, struct err *e)
{
	(void)q;
	(void)e;
	r->content_type = "application/yaml";
	buf_adds(&r->body, contract_live_yaml);
	return 0;
}
