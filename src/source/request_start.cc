#include "source/request_start.h"

#include "tonearm/http/url.h"

#include <boost/url/decode_view.hpp>
#include <curl/curl.h>
#include <openssl/evp.h>

#include <new>
#include <optional>
#include <string_view>

namespace tonearm::source {
namespace {

using ParsedUrl = std::unique_ptr<CURLU, void (*)(CURLU*)>;

ParsedUrl parsed_by_libcurl(const std::string& text) {
  ParsedUrl parsed(curl_url(), &curl_url_cleanup);
  if (!parsed) throw std::bad_alloc();
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS);
  if (code == CURLUE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLUE_OK) parsed.reset();
  return parsed;
}

/// As it goes into the Host field, letters beyond ASCII in Punycode.
std::optional<std::string> host_of(const ParsedUrl& url) {
  char* text = nullptr;
  if (curl_url_get(url.get(), CURLUPART_HOST, &text, CURLU_PUNYCODE) != CURLUE_OK) {
    return std::nullopt;
  }
  std::string out(text);
  curl_free(text);
  return out;
}

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');  // and what OpenSSL ends it with
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(to, from, static_cast<int>(text.size()))));
  return out;
}

/// RFC 7617 §2 of RFC 3986 §3.2.1, whose first colon separates the same.
std::string credentials_of(std::string_view userinfo) {
  const auto decoded = [](std::string_view text) {
    const boost::urls::decode_view view(text);
    return std::string(view.begin(), view.end());
  };
  const std::size_t colon = userinfo.find(':');
  const bool has_password = colon != std::string_view::npos;
  return decoded(userinfo.substr(0, colon)) + ':' +
         (has_password ? decoded(userinfo.substr(colon + 1)) : std::string());
}

/// RFC 9112 §3.2.1: an empty path is asked for as "/".
std::string origin_form(const http::Url& url) {
  std::string target = url.path.empty() ? "/" : url.path;
  if (url.query) target += '?' + *url.query;
  return target;
}

std::shared_ptr<const RequestStart> make_start(const OriginUrl& url) {
  const ParsedUrl parsed = parsed_by_libcurl(url.text);
  if (!parsed) return nullptr;
  const auto host = host_of(parsed);
  const auto target = http::parse_url(url.text);
  if (!host || !target) return nullptr;
  const auto start = std::make_shared<RequestStart>();
  start->line_and_host = "GET " + origin_form(*target) + " HTTP/1.1\r\nHost: " + *host;
  const bool default_port = url.port == (url.scheme == "https" ? "443" : "80");
  if (!default_port) start->line_and_host += ':' + url.port;
  start->line_and_host += "\r\n";
  if (const auto& userinfo = target->authority.userinfo) {
    start->authorization = "Authorization: Basic " + base64(credentials_of(*userinfo)) + "\r\n";
  }
  return start;
}

}  // namespace

std::shared_ptr<const RequestStart> RequestStarts::of(const OriginUrl& url) {
  if (const auto* known = recent_.find(url.text)) return *known;
  std::shared_ptr<const RequestStart> start = make_start(url);
  if (start) recent_.remember(url.text, start);
  return start;
}

}  // namespace tonearm::source
