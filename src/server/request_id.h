#pragma once

#include "tonearm/http/request_head.h"

#include <string>
#include <string_view>

namespace tonearm::server {

/// 32 hexadecimal digits, unique for all practical purposes; not a secret. Thread-safe.
std::string make_request_id();

/// 1 to 128 of `A-Z a-z 0-9 . _ ~ + / = -`: fit for a log and for a response field.
bool is_request_id(std::string_view text);

/// The X-Request-Id of a trusted peer if it is one, else a new one.
std::string choose_request_id(const http::RequestHead& head, bool peer_is_trusted);

}  // namespace tonearm::server
