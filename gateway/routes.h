/*
 * Every address that Masthead answers, who may use it, and what it gives: the
 * one table, which docs/http.md is checked against.
 */
#ifndef GATEWAY_ROUTES_H
#define GATEWAY_ROUTES_H

#include "gateway/http/http.h"

/* Handlers take the struct gateway as arg. */
extern const struct http_route routes[];

#endif
