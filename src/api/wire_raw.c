/* What schemas call x-quan-raw is read by other parts of Quan; here their checks, as far as a body
 * alone allows, so that all problems of a request are told at once. */
#include "api/wire.gen.h"
#include "domain/campaign/rules.h"
#include "domain/price/benefit.h"
#include "domain/price/policy.h"
#include "domain/rule/attributes.h"
#include "domain/rule/rule.h"
#include "port/zone.h"

void wire_raw_benefit(const json *v, issues *problems)
{
    benefit b;
    benefit_parse(v, S(""), &b, problems);
}

void wire_raw_asset_payload(const json *v, issues *problems)
{
    rules_asset_payload(v, S("payload"), problems);
}

void wire_raw_scope(const json *v, issues *problems)
{
    rule_tree tree;
    rule_read(v, &(rule_source){RULE_PLACE_LINE, zone_find, S("scope")}, problems, &tree);
}

void wire_raw_conditions(const json *v, issues *problems)
{
    rule_tree tree;
    rule_read(v, &(rule_source){RULE_PLACE_CART, zone_find, S("conditions")}, problems, &tree);
}

void wire_raw_cart_attributes(const json *v, issues *problems)
{
    (void)attributes_read(v, S("attributes"), problems);
}

void wire_raw_shopper_attributes(const json *v, issues *problems)
{
    (void)attributes_read(v, S("attributes"), problems);
}

void wire_raw_policy(const json *v, issues *problems)
{
    policy_choice *choices;
    size_t n;
    policy_parse(v, problems, &choices, &n);
}

void wire_raw_blacklist(const json *v, issues *problems)
{
    rule_tree tree;
    rule_read(v, &(rule_source){RULE_PLACE_LINE, zone_find, S("blacklist")}, problems, &tree);
}
