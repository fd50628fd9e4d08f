#pragma once

#include "tonearm/catalog/song.h"

#include "server/request.h"

#include <string>
#include <string_view>

namespace tonearm::server {

/// The addresses that answers to one request give out. Outlives the request.
class SongLinks {
 public:
  explicit SongLinks(const Request& request);

  /// Absolute, as far as the request says where we are; signed for access.link_ttl where there are
  /// access.signing_keys.
  std::string stream_url(std::string_view id) const;
  /// The catalog's own where that is an absolute http(s) URL, else ours as an absolute path; empty
  /// for a song without one.
  std::string thumbnail(const catalog::Song& song) const;

 private:
  LinkSigner signer_;
  http::HttpTime expires_;  ///< Of a signed link.
  std::string base_;        ///< `https://host/prefix`
  std::string prefix_;      ///< Its path.
};

/// Whether a catalog's thumbnail is not ours to serve.
bool is_absolute_url(std::string_view text);

/// Everything but unreserved characters percent-encoded (RFC 3986 §2.3).
std::string percent_encoded(std::string_view text);

}  // namespace tonearm::server
