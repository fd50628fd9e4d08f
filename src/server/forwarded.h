#pragma once

#include "tonearm/http/request_head.h"
#include "tonearm/server/client_address.h"

#include <optional>
#include <string_view>
#include <vector>

namespace tonearm::server {

/// Whom a chain of proxies has forwarded for, the nearest last. Empty: a hop that does not say,
/// or says no address (`unknown`, `_hidden`).
using ForwardedFor = std::vector<std::optional<Address>>;

/// The `for` of each element of all Forwarded fields (RFC 7239); no value when none of them has a
/// `for`. A line that breaks the grammar counts as one hop that does not say.
std::optional<ForwardedFor> read_forwarded(const http::RequestHead& head);

/// The same of X-Forwarded-For; empty when it is absent.
ForwardedFor read_x_forwarded_for(const http::RequestHead& head);

}  // namespace tonearm::server
