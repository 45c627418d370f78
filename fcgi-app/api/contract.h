/* The texts of schema/openapi.yaml and asyncapi.yaml, embedded at build (schema/embed_contract.py), so that what is served is what was built. */
#ifndef API_CONTRACT_H
#define API_CONTRACT_H

extern const char contract_yaml[];
extern const char contract_json[];
extern const char contract_live_yaml[];

#endif
