#include "server/page.h"

#include "tonearm/base/ascii.h"
#include "tonearm/http/url.h"

#include "server/document.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <zlib.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace tonearm::server {
namespace {

/// Standard Base64 of the text's SHA-256, as a Content-Security-Policy names it.
std::string sha256_base64(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 45> encoded{};  // 44 characters and EVP's NUL
  const int length =
      EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::runtime_error("zlib cannot be initialised");
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // only read
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// What stands between `<name…>` and `</name>`.
std::string_view element(std::string_view text, std::string_view name) {
  const auto tag = text.find("<" + std::string(name));
  const auto begin = text.find('>', tag) + 1;
  return text.substr(begin, text.find("</" + std::string(name) + ">", begin) - begin);
}

/// Everything about the page that never changes while the program runs.
struct Page {
  std::string compressed = gzip(page_text);
  std::string hash = sha256_base64(page_text);
  std::string policy = "default-src 'none'; script-src 'sha256-" +
                       sha256_base64(element(page_text, "script")) + "'; style-src 'sha256-" +
                       sha256_base64(element(page_text, "style")) +
                       "'; img-src * data: blob:; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'; require-trusted-types-for 'script'; ";
};

const Page& page() {
  static const Page made;
  return made;
}

/// Whether gzip is among the codings that are named without a weight of zero (RFC 9110 §12.5.3).
bool takes_gzip(const http::RequestHead& head) {
  std::string storage;
  std::string_view field = head.get_combined(http::field::accept_encoding, storage);
  while (!field.empty()) {
    const auto comma = field.find(',');
    std::string member = to_lower(field.substr(0, comma));  // as codings and `q` are compared
    std::erase_if(member, [](char c) { return c == ' ' || c == '\t'; });
    if (member == "gzip") return true;
    if (member.starts_with("gzip;q=")) return member.find_first_of("123456789") != member.npos;
    if (comma == field.npos) break;
    field.remove_prefix(comma + 1);
  }
  return false;
}

/// Where streams come from: from here, and from public_url if that is somewhere else.
std::string stream_sources(const std::string& public_url) {
  const auto url = http::parse_url(public_url);
  if (!url) return "'self'";
  const http::Authority& at = url->authority;
  return "'self' " + to_string(http::Url{url->scheme, {{}, at.host, at.port}, {}, {}});
}

/// Of the policy too: under another one, who has the page needs it anew.
http::EntityTag page_etag(const std::string& policy, bool compressed) {
  const std::string hash = sha256_base64(page().hash + policy);
  return {"\"" + hash + (compressed ? "-gzip\"" : "\""), false};
}

}  // namespace

io::Task<Result<void>> send_page(const Request& request, Responder& responder) {
  const bool compressed = takes_gzip(request.head);
  Document document{"text/html; charset=utf-8", {}};
  document.body = compressed ? std::string_view(page().compressed) : page_text;
  const std::string sources = stream_sources(request.serving.options.public_url);
  // Connected to as well: the page asks whether there is an answer at all when a song does not
  // play.
  document.policy = page().policy + "connect-src " + sources + "; media-src " + sources;
  document.etag = page_etag(document.policy, compressed);
  document.cache_control = "no-cache";
  document.content_encoding = compressed ? "gzip" : "";
  document.varies = true;
  co_return co_await send_document(request, responder, std::move(document));
}

}  // namespace tonearm::server
