/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/certificate.h"

#include <openssl/x509_vfy.h>

#define FAILED "tls: failed to verify certificate: x509: "

void
certificate_error(long result, struct str host, struct err *e)
{
	switch (result) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		err_set(e, ERR_IO, FAILED "certificate has expired or is not yet valid");
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		err_set(e, ERR_IO, FAILED "certificate signed by unknown authority");
		break;
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED:
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		err_set(e, ERR_IO, FAILED "certificate is not valid for %.*s", STR_ARG(host));
		break;
	default:
		err_set(e, ERR_IO, FAILED "%s", X509_verify_cert_error_string(result));
		break;
	}
}
