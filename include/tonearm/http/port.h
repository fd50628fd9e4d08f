#pragma once

#include <string_view>

namespace tonearm::http {

/// Whether a URL's port (RFC 3986 §3.2.3: any digits) is one that can be connected to: 1 to 65535.
bool is_port(std::string_view digits);

}  // namespace tonearm::http
