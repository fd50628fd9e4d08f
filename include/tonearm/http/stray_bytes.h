#pragma once

#include "tonearm/base/char_set.h"

#include <string>
#include <string_view>

namespace tonearm::http {

/// What a URL's path, query and fragment hold as it stands (RFC 3986 §2.2 and §2.3); brackets stand
/// only around the address of its authority.
inline constexpr CharSet url_chars = make_char_set("-._~:/?#@!$&'()*+,;=");

/// `text` with each byte that is not `plain` percent-encoded (RFC 3986 §2.1), and each '%' that
/// begins no escape: what people and browsers write, made what a strict reader takes. Escapes stay.
std::string encode_strays(std::string_view text, const CharSet& plain = url_chars);

}  // namespace tonearm::http
