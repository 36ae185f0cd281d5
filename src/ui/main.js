// SPDX-License-Identifier: Apache-2.0
const boot = JSON.parse(document.getElementById('boot').textContent);

document.querySelector('main').textContent = `tocsin ${boot.version}: ${boot.overview.alerts.total} alerts`;
