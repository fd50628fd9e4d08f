#include "tonearm/server/link_signer.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/hmac.h"
#include "tonearm/http/signed_link.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace tonearm::server {
namespace {

/// RFC 4648 §5, without padding.
std::string base64url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP adds a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::string signature_of(std::string_view text, std::string_view key) {
  return base64url(hmac_sha256(key, text));
}

/// How long it takes tells nothing but the lengths, which everybody knows.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// A request's target ends at a blank, and a link in a list at a line's end. What else may stand in
/// a query as it is (http/stray_bytes) does arrive.
bool breaks_a_link(char c) { return is_ctl(c) || c == ' '; }

Error forbidden(std::string why) { return Error{ErrorKind::forbidden, std::move(why), {}}; }

}  // namespace

Result<std::string> LinkSigner::sign(std::string_view target, http::HttpTime expires,
                                     const std::optional<Address>& bound) const {
  const Result<http::Target> parsed = http::parse_target(target);
  if (!parsed) return parsed.error();
  if (!target.starts_with('/')) {
    return Error{ErrorKind::bad_request, "a path that is signed begins with /", {}};
  }
  if (std::ranges::any_of(target, breaks_a_link)) {
    return Error{
        ErrorKind::bad_request, "blanks and control characters are to be percent-encoded", {}};
  }
  for (const char* const own : {"exp", "bind", "sig"}) {
    if (!parsed->parameter(own)) continue;
    return Error{ErrorKind::bad_request, "exp, bind and sig are what signing adds to it", {}};
  }
  const std::string time = std::to_string(expires.time_since_epoch().count());
  const std::string address = bound ? to_text(bound) : std::string();
  std::string link(target);
  link += target.find('?') == target.npos ? "?exp=" : "&exp=";
  link += time;
  if (bound) link += "&bind=ip";
  link += "&sig=" + signature_of(http::link_text(parsed->path, time, address), keys_.front());
  return link;
}

Result<void> LinkSigner::verify(const http::Target& target, http::HttpTime now,
                                const std::optional<Address>& client) const {
  if (keys_.empty()) return {};
  const Result<http::LinkParameters> link = http::read_link_parameters(target);
  if (!link) return link.error();
  if (link->bound_to_address && !client) {
    return forbidden("The link is bound to an address, and yours is not known.");
  }
  const std::string address = link->bound_to_address ? to_text(client) : std::string();
  const std::string text = http::link_text(target.path, link->unix_time, address);
  bool good = false;
  for (const std::string& key : keys_) {
    if (equal_in_constant_time(signature_of(text, key), link->signature)) good = true;
  }
  if (!good && link->bound_to_address) {
    return forbidden(
        "The signature is wrong: the link is bound to another address, was altered, or its key is "
        "no longer valid.");
  }
  if (!good) {
    return forbidden(
        "The signature is wrong: the link was altered, is for another path, or its key is no "
        "longer valid.");
  }
  // Only who has a good signature learns that it was good.
  if (now > link->expires) return forbidden("The link has expired.");
  return {};
}

}  // namespace tonearm::server
