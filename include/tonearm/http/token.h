#pragma once

#include <string_view>

namespace tonearm::http {

/// Whether `text` is a token: what names of fields and methods, and the halves of a media type are
/// made of (RFC 9110 §5.6.2).
bool is_token(std::string_view text);

}  // namespace tonearm::http
