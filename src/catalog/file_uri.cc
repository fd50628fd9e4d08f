#include "catalog/file_uri.h"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/pchars.hpp>

namespace tonearm::catalog {

std::string file_uri(std::string_view absolute_path) {
  return "file:" + boost::urls::encode(absolute_path, boost::urls::pchars + '/');
}

}  // namespace tonearm::catalog
